"""Search a running server over REST: `python examples/rest_client.py URL WORDS...`."""

import sys

import httpx


def main(url: str, words: str) -> None:
    with httpx.Client(base_url=url, headers={"X-Vidindex": "1"}, timeout=60) as client:
        response = client.post("/api/search", json={"text": words})
        response.raise_for_status()
        result = response.json()
    for moment in result["moments"]:
        span = moment["verdict"]["span"]
        print(f"{moment['path']}  {span['start_s']:.1f}-{span['end_s']:.1f} s")
    print(f"{result['coverage']['num_files']} files searched")


if __name__ == "__main__":
    main(sys.argv[1], " ".join(sys.argv[2:]))

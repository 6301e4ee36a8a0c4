"""vidindex: index folders of long video and search them for verified timestamps."""

"""List queries for things that few films show, to learn how near an absent query comes.

They are phrased as captions and as spoken lines, and spread over unrelated topics, so that
a library shows or says only a few of them.
"""

_TEXT = """
a birthday cake with burning candles
a bride throws her bouquet
a violinist tunes her instrument
an orchestra rehearses in a concert hall
a giraffe eats leaves from a tall tree
a penguin slides on the ice
a whale jumps out of the sea
a lion chases a zebra
a shark swims past a diver
an octopus hides between rocks
a parrot sits on a pirate's shoulder
a snake sheds its skin
a spider wraps up a fly
bees leave their hive
a horse jumps over a hurdle
a jockey falls off his horse
a sheepdog drives a flock into a pen
a farmer milks a cow by hand
a tractor ploughs a muddy field
workers pick grapes in a vineyard
a fisherman mends his net
a lobster trap is pulled up
a submarine surfaces near a harbour
a sailing boat capsizes in a storm
a lighthouse flashes in the fog
a cruise ship leaves the port
a rower wins a race on the river
a surfer rides a huge wave
a skier falls on a slope
a figure skater spins on the ice
an ice hockey player scores a goal
a gymnast swings on the bars
a boxer is knocked out
a judo fighter throws his opponent
two fencers salute each other
an archer hits the bullseye
a golfer misses a short putt
a tennis player serves an ace
a basketball player dunks the ball
a goalkeeper saves a penalty
a marathon runner crosses the finish line
a cyclist climbs a mountain pass
a racing car spins off the track
a mechanic changes a tyre in the pits
a hot air balloon lands in a meadow
a paraglider takes off from a cliff
a helicopter lifts a container
a plane loops in the sky
a rocket lifts off from its launch pad
an astronaut floats inside a space station
a telescope points at the moon
a comet crosses the night sky
a volcano spits lava
a glacier breaks off into the sea
a tornado tears off a roof
lightning strikes a church tower
a river floods a village
an avalanche buries a road
a desert caravan rests at an oasis
a camel kneels down in the sand
a tribe dances around a fire
a sumo wrestler throws salt
a geisha pours tea
a monk rings a temple bell
a priest baptises a baby
a choir sings in a cathedral
a muezzin calls to prayer
a rabbi lights a candle
a carnival float passes the crowd
a clown juggles with burning torches
a magician saws a woman in half
a tightrope walker crosses a canyon
a trapeze artist is caught in the air
a puppet theatre plays for children
a ballet dancer turns on her toes
an opera singer bows on the stage
a guitarist smashes his guitar
a drummer plays a long solo
a pianist closes the lid of the piano
a street musician plays the accordion
a sculptor carves a block of marble
a painter mixes colours on a palette
a potter shapes a bowl on the wheel
a blacksmith hammers glowing iron
a glassblower forms a vase
a carpenter planes a board
a weaver works at a loom
a tailor measures a sleeve
a shoemaker glues a sole
a watchmaker opens an old watch
a barber shaves a man with a razor
a tattoo artist draws a dragon
a hairdresser dyes hair pink
a model walks down the runway
a photographer develops a film in a darkroom
a printing press prints newspapers
a librarian stamps a book
a teacher writes a formula on the blackboard
students sit an exam in a gymnasium
a chess player gives up the game
children build a snowman
a child blows soap bubbles
a boy flies a kite on the beach
a girl loses a milk tooth
a baby takes its first steps
twins wear the same pyjamas
grandparents dance at a golden wedding
a family decorates a Christmas tree
people search for Easter eggs
fireworks light up the new year's night
a Halloween pumpkin is carved
a piñata is smashed
a barbecue catches fire
a chef flips a pancake
a baker takes bread out of a stone oven
a butcher ties up a roast
a pizza is thrown into the air
sushi is rolled in seaweed
a waiter drops a tray of glasses
a barista draws a heart in milk foam
a bartender shakes a cocktail
a sommelier uncorks an old wine
a brewer tastes beer from the tank
cheese ripens in a cave
chocolate is poured into moulds
honey drips from a comb
a beekeeper smokes a hive
mushrooms are gathered in a forest
a lumberjack fells a spruce
a beaver builds a dam
a bear catches a salmon
a wolf howls on a hill
an owl turns its head
an eagle feeds its young
a stork stands in its nest
a hedgehog rolls itself up
a squirrel buries a nut
a mole digs its way up
a frog jumps into a pond
a butterfly leaves its cocoon
a crocodile lies in the mud
an elephant sprays water with its trunk
a monkey steals a banana
a kangaroo boxes with another
a koala sleeps in a eucalyptus tree
a polar bear crosses drifting ice
a reindeer pulls a sledge
husky dogs pull a sled
a veterinarian bandages a paw
a surgeon asks for a scalpel
a dentist drills a tooth
a nurse takes a blood sample
a patient learns to walk again
an X-ray shows a broken bone
a chemist pours acid into a flask
a biologist looks through a microscope
a physicist explains black holes
an archaeologist brushes off a skull
a dinosaur skeleton hangs in a museum
a mummy lies in a glass case
a knight lowers his visor
soldiers march past a king
a castle stands above a misty valley
a pyramid rises behind palm trees
a gondola glides under a bridge
a tram climbs a steep street
a steam train crosses a viaduct
a metro train stops in a tunnel
a lorry tips out gravel
a crane lifts a steel beam
a chimney is blown up
a miner comes up from the pit
an oil rig stands in rough sea
a wind turbine turns slowly
solar panels cover a roof
a dam opens its gates
a robot arm welds a car door
a 3D printer prints a gear
a drone delivers a parcel
a judge reads out a verdict
a witness swears an oath
a president shakes hands with a queen
a mayor cuts a red ribbon
demonstrators carry a banner
voters queue at a polling station
an auctioneer lets the hammer fall
a stock trader shouts into two phones
a bank robber fills a bag
a detective follows footprints
a prisoner climbs through a window
a firefighter carries a cat down a ladder
a diver finds a sunken chest
a castaway lights a signal fire
a cowboy throws a lasso
a vampire rises from a coffin
an alien steps out of a spaceship
a dragon guards its gold
a mermaid sits on a rock
a wizard raises his staff
"""

NULL_QUERIES: tuple[str, ...] = tuple(line for line in _TEXT.splitlines() if line)
"""200 captions of things, each unlikely to be in a given library."""

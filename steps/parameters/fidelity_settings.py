"""How a budget is written of which trials get a part first: the value of `fidelity`."""

FORM = "name:min..max:factor, such as epochs:1..81:3"
PATTERN = r"(?P<name>[^\s:]+):(?P<low>\d+)\.\.(?P<high>\d+):(?P<factor>\d+)"

"""How a budget is written of which trials get a part first: the value of `fidelity`."""

FORM = "name:min..max:factor, such as epochs:1..81:3"
_WHOLE = "[0-9]{1,15}"  # Python refuses to read numbers of thousands of digits
PATTERN = rf"(?P<name>[^\s:]+):(?P<low>{_WHOLE})\.\.(?P<high>{_WHOLE}):(?P<factor>{_WHOLE})"

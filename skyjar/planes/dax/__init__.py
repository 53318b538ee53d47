"""What DAX's clients and nodes say to each other, without sockets.

A connection begins with a preamble and then is requests and answers in turn, all of it CBOR (RFC 8949) one item after another:

- preamble: the text `J7yne5G`, 0, a session or null, a map with `UserAgent`, 0.
- request: 1 (the service), a method's number, its arguments, the last a map of options by number, or null. `messages.py`
- answer: an empty array and what the method returns, or an error: an array of codes, a sentence, details. `answers.py`

A table's keys travel as bytes whose form the key's types give (`item_keys.py`), an item's other attributes as the number of a list
of names, agreed on before, and the values in that order (`attributes.py`), and expressions as nested arrays in which names are
already put in (`expressions.py`). Source: AWS's own client for Python (`amazon-dax-client`, Apache-2.0), which is all that AWS
has published of the protocol.
"""

"""The log of an invocation, byte for byte as Lambda writes it."""

import json
import re

ID = "8f5074bd-0000-4000-8000-1234567890ab"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,3}Z"


def test_start_end_and_report_surround_what_the_function_wrote(world):
    source = (
        "import logging, sys, subprocess\n"
        "logging.getLogger().setLevel('INFO')\n"
        "def handler(e, c):\n"
        "    print('one\\ntwo')\n"
        "    logging.info('three')\n"
        "    print('four', file=sys.stderr)\n"
        "    subprocess.run(['echo', 'five'])\n"
        "    print('no newline', end='')\n"
    )
    result = world.invoke(world.function(source), request_id=ID)
    expected = [
        r"INIT_START Runtime Version: python3\.11\n",
        rf"START RequestId: {ID} Version: \$LATEST\n",
        r"one\n",
        r"two\n",
        rf"\[INFO\]\t{STAMP}\t{ID}\tthree\n",
        r"four\n",
        r"five\n",
        r"no newline\n",
        rf"END RequestId: {ID}\n",
        rf"REPORT RequestId: {ID}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n",
    ]
    assert len(world.log()) == len(expected), world.log()
    for line, pattern in zip(world.log(), expected, strict=True):
        assert re.fullmatch(pattern, line), line
    assert result.log_tail.decode() == "".join(world.log())
    assert {stream for _, stream, _ in world.lines} == {result.log_stream}


def test_the_tail_is_the_last_four_kibibytes_of_this_call(world):
    function = world.function("def handler(e, c):\n    for i in range(e):\n        print('x' * 99)\n")
    assert len(world.invoke(function, 200).log_tail) == 4096
    tail = world.invoke(function, 1).log_tail.decode()
    assert tail.startswith("START RequestId") and tail.count("\n") == 4


def test_json_logs(world):
    source = "import logging\ndef handler(e, c):\n    logging.warning('careful %s', 1, extra={'order': 7})\n"
    world.invoke(world.function(source, log_format="JSON"), request_id=ID)
    lines = [json.loads(line) for line in world.log()]
    assert [line.get("type") for line in lines] == ["platform.initStart", "platform.start", None, "platform.report"]
    wanted = {"level": "WARNING", "message": "careful 1", "logger": "root", "order": 7, "requestId": ID}
    assert wanted.items() <= lines[2].items()
    assert lines[3]["record"]["metrics"]["memorySizeMB"] == 128


def test_a_flood_of_output_does_not_block(world):
    function = world.function("def handler(e, c):\n    for i in range(20000):\n        print(i)\n    return 1\n")
    assert world.value(function) == 1
    assert [line for line in world.log() if line[0].isdigit()] == [f"{i}\n" for i in range(20000)]

#!/bin/sh
# Run a command with a real S3 server on loopback beside it:
#
#     host/objects/tests/s3/with-moto.sh cargo nextest run -p dispatch-objects
#
# The server is moto, from PyPI, in a virtual environment below the target
# folder; it is made once and found again. Needs python3 with venv.
set -eu

version=5.2.5
root=$(cd "$(dirname "$0")/../../../.." && pwd)
venv=${DISPATCH_TEST_S3_VENV:-${CARGO_TARGET_DIR:-$root/target}/s3/moto-$version}

if ! [ -x "$venv/bin/moto_server" ]; then
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$version"
fi

exec "$venv/bin/python" - "$@" <<'PYTHON'
import http.client, logging, os, subprocess, sys
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
bucket = http.client.HTTPConnection(host, port)
bucket.request("PUT", "/dispatch")
if bucket.getresponse().status != 200:
    sys.exit("the S3 server does not make a bucket")
os.environ["DISPATCH_TEST_S3_ENDPOINT"] = f"http://{host}:{port}"
status = subprocess.run(sys.argv[1:]).returncode
server.stop()
sys.exit(status)
PYTHON

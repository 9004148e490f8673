"""A function on boto3: the clients that `ingest` has, and the Runtime API's loop."""

import http.client
import os

import boto3

region = os.environ["AWS_REGION"]
dynamodb = boto3.client("dynamodb", region_name=region)
s3 = boto3.client("s3", region_name=region)
secrets = boto3.client("secretsmanager", region_name=region)

API = "/2018-06-01/runtime/invocation"
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    runtime.request("GET", f"{API}/next")
    event = runtime.getresponse()
    body, request_id = event.read(), event.headers["Lambda-Runtime-Aws-Request-Id"]
    runtime.request("POST", f"{API}/{request_id}/response", body)
    runtime.getresponse().read()

"""Takes an order: keeps it in the table and puts it into the queue. Shows an order that was taken."""

import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
queue = boto3.client("sqs")


def handler(event, context):
    if event["requestContext"]["http"]["method"] == "GET":
        return show(event["pathParameters"]["id"])
    return place(json.loads(event["body"]), context.aws_request_id)


def place(order, request_id):
    item = {"id": request_id, "what": order["what"], "count": int(order.get("count", 1)), "state": "placed"}
    table.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(item))
    print(f"placed {item['count']} x {item['what']} as {item['id']}")
    return answer(201, item)


def show(identity):
    item = table.get_item(Key={"id": identity}).get("Item")
    return answer(200, item) if item else answer(404, {"message": f"There is no order {identity}."})


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, default=str),
    }

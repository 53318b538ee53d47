"""Ships the orders of a batch: writes each one's receipt and marks it shipped. What fails goes back to the queue."""

import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
bucket = boto3.client("s3")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            ship(json.loads(record["body"]))
        except Exception as error:
            print(f"could not ship {record['messageId']}: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def ship(order):
    if order["what"] == "nothing":
        raise ValueError("nothing cannot be shipped")
    receipt = f"{order['count']} x {order['what']}, order {order['id']}\n"
    bucket.put_object(Bucket=os.environ["BUCKET"], Key=f"receipts/{order['id']}.txt", Body=receipt.encode())
    table.update_item(
        Key={"id": order["id"]},
        UpdateExpression="SET #state = :shipped",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":shipped": "shipped"},
    )
    print(f"shipped {order['id']}")

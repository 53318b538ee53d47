// The same application as ../template.yaml, as a CDK app.
import { App, Stack, CfnOutput, Duration } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const app = new App();
const stack = new Stack(app, 'OrdersCdk');

const table = new Table(stack, 'Orders', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  billingMode: BillingMode.PAY_PER_REQUEST,
});
const failed = new Queue(stack, 'FailedOrdersQueue', { retentionPeriod: Duration.days(14) });
const queue = new Queue(stack, 'OrdersQueue', {
  visibilityTimeout: Duration.seconds(60),
  deadLetterQueue: { queue: failed, maxReceiveCount: 3 },
});
const receipts = new Bucket(stack, 'Receipts');

const place = new Lambda(stack, 'PlaceOrder', {
  runtime: Runtime.PYTHON_3_11,
  handler: 'app.handler',
  timeout: Duration.seconds(10),
  code: Code.fromAsset(here('place')),
  environment: { TABLE: table.tableName, QUEUE: queue.queueUrl, VERSION: process.env.ORDERS_VERSION ?? '1' },
});
table.grant(place, 'dynamodb:PutItem', 'dynamodb:GetItem');
queue.grantSendMessages(place);

const ship = new Lambda(stack, 'ShipOrder', {
  runtime: Runtime.PYTHON_3_11,
  handler: 'app.handler',
  timeout: Duration.seconds(10),
  code: Code.fromAsset(here('ship')),
  environment: { TABLE: table.tableName, BUCKET: receipts.bucketName },
});
table.grant(ship, 'dynamodb:UpdateItem');
receipts.grantPut(ship, 'receipts/*');
ship.addEventSource(new SqsEventSource(queue, { batchSize: 5, reportBatchItemFailures: true }));

if (process.env.ORDERS_VERSION === '2') new Queue(stack, 'AuditQueue');

const api = new HttpApi(stack, 'Api');
api.addRoutes({
  path: '/orders',
  methods: [HttpMethod.POST],
  integration: new HttpLambdaIntegration('Place', place),
});
api.addRoutes({
  path: '/orders/{id}',
  methods: [HttpMethod.GET],
  integration: new HttpLambdaIntegration('Show', place),
});

new CfnOutput(stack, 'ApiId', { value: api.apiId });
new CfnOutput(stack, 'TableName', { value: table.tableName });
new CfnOutput(stack, 'BucketName', { value: receipts.bucketName });
new CfnOutput(stack, 'QueueUrl', { value: queue.queueUrl });

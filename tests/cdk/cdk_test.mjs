// CfnInclude builds each resource as its own class, which checks required properties and types. What comes out again must be the same
// resources, and as many as Cairn reads; a slip of the pen must be refused, or this test could not fail.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { App, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";

const folder = process.argv[2];
let failures = 0;
function check(holds, what) {
  if (holds) return;
  failures += 1;
  console.error(`FAILED: ${what}`);
}

function synthesize(templateFile) {
  const app = new App({ outdir: `${folder}/cdk.out` });
  const stack = new Stack(app, "security", { synthesizer: new LegacyStackSynthesizer() });
  new CfnInclude(stack, "included", { templateFile });
  const template = app.synth().getStackByName("security").template;
  rmSync(`${folder}/cdk.out`, { recursive: true });
  return template;
}

const template = synthesize(`${folder}/security.yaml`);
const own = JSON.parse(readFileSync(`${folder}/check.json`, "utf8"));
check(own.diagnostics.length === 0, "cairn template check says nothing");
const types = (list) => list.map(([name, type]) => `${name} ${type}`).sort().join("\n");
check(types(Object.entries(template.Resources).map(([name, { Type }]) => [name, Type])) ===
      types(own.resources.map(({ logical_id: name, type }) => [name, type])), "CDK and Cairn read the same resources");
check(Object.values(template.Resources).every(({ Type, Properties }) => Type && Properties), "every resource keeps its properties");
const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
check(alarms.length >= 19 && alarms.every(({ Properties }) => Properties.AlarmActions.length === 1), "every alarm tells somebody");

const wrong = readFileSync(`${folder}/security.yaml`, "utf8").replace("EvaluationPeriods: 1", "EvaluationPeriods: many");
writeFileSync(`${folder}/wrong.yaml`, wrong);
let refused = false;
try {
  synthesize(`${folder}/wrong.yaml`);
} catch {
  refused = true;
}
check(refused, "CDK refuses a wrong type");
console.log(failures ? `${failures} failed` : `CDK takes all ${own.resources.length} resources`);
process.exit(failures ? 1 : 0);

// CfnInclude builds each resource as its own class, which checks required properties and types; the rules that CDK holds templates
// against, here as errors, know every property and type of AWS. What comes out again must be the same resources, and as many as Cairn
// reads; each kind of slip of the pen must be refused, or this test could not fail.

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
  rmSync(`${folder}/cdk.out`, { recursive: true, force: true });
  const app = new App({ outdir: `${folder}/cdk.out`, context: { "@aws-cdk/core:validateAgainstDefaultRules": true } });
  const stack = new Stack(app, "security", { synthesizer: new LegacyStackSynthesizer() });
  new CfnInclude(stack, "included", { templateFile });
  const template = app.synth().getStackByName("security").template;
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

const slips = [
  ["EvaluationPeriods: 1", "EvaluationPeriods: many", "a wrong type"],
  ["Period: 300", "Perriod: 300", "an unknown property"],
  ["FilterPattern: >-", "FilterPatern: >-", "a property that is missing"],
  ["Type: AWS::SNS::Topic\n", "Type: AWS::SNS::Topik\n", "an unknown type"],
];
for (const [right, slip, what] of slips) {
  const text = readFileSync(`${folder}/security.yaml`, "utf8");
  check(text.includes(right), `the template has "${right}"`);
  writeFileSync(`${folder}/wrong.yaml`, text.replace(right, slip));
  let refused = false;
  try {
    synthesize(`${folder}/wrong.yaml`);
  } catch {
    refused = true;
  }
  check(refused, `CDK refuses ${what}`);
}
console.log(failures ? `${failures} failed` : `CDK takes all ${own.resources.length} resources`);
process.exit(failures ? 1 : 0);

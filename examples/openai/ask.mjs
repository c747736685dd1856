// The official client against the sandbox's LLM server: a whole answer, a streamed one, and the errors
// that a bot has to survive. OPENAI_BASE_URL and OPENAI_API_KEY are what the client reads by itself.
import OpenAI from "openai";

const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? "sandbox", maxRetries: 0 });
const model = process.env.LLM_MODEL ?? "sandbox-small";
const messages = [{ role: "user", content: "What do you make of gardening in winter?" }];

const whole = await client.chat.completions.create({ model, messages });
console.log("whole:", whole.choices[0].message.content, `(${whole.usage.total_tokens} tokens)`);

let streamed = "";
let usage;
const stream = await client.chat.completions.create({
  model, messages, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
console.log("streamed:", streamed, `(${usage.completion_tokens} tokens)`);

try {
  await client.chat.completions.create({ model: "no-such-model", messages });
  process.exit(1);
} catch (error) {
  console.log("unknown model:", error.status, error.code);
}
const models = await client.models.list();
console.log("models:", models.data.map((entry) => entry.id).join(", "));

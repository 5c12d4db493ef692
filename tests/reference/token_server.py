"""vLLM's token-in, token-out endpoint and its adapters' endpoints, on transformers and
peft: small, slow, and sampled by other code than memloom's.

    python tests/reference/token_server.py MODEL PORT

`cargo xtask clients` has memloom train with rollouts that this samples, and looks how
far the two sides' log-probabilities are apart. Before the first adapter the model
itself is sampled, whatever it is called. Needs torch, transformers and peft.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)


class Sampler:
    def __init__(self, folder):
        self.base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.model = None
        self.lock = threading.Lock()

    def load(self, name, path):
        with self.lock:
            if self.model is None:
                self.model = PeftModel.from_pretrained(self.base, path, adapter_name=name).eval()
            else:
                self.model.load_adapter(path, adapter_name=name)

    def unload(self, name):
        with self.lock:
            self.model.delete_adapter(name)

    @torch.no_grad()
    def sample(self, name, tokens, params):
        allowed = params.get("allowed_token_ids")
        source = torch.Generator().manual_seed(params["seed"])
        said, logprobs = [], []
        with self.lock:
            model = self.base if self.model is None else self.model
            if self.model is not None:
                model.set_adapter(name)
            while len(said) < params["max_tokens"]:
                logits = model(torch.tensor([tokens + said])).logits[0, -1].float()
                if params["temperature"] > 0:
                    logits = logits / params["temperature"]
                if allowed is not None:
                    masked = torch.full_like(logits, -torch.inf)
                    masked[allowed] = logits[allowed]
                    logits = masked
                log = logits.log_softmax(-1)
                if params["temperature"] > 0:
                    token = int(torch.multinomial(log.exp(), 1, generator=source))
                else:
                    token = int(log.argmax())
                said.append(token)
                logprobs.append(float(log[token]))
                if token in params["stop_token_ids"]:
                    break
        return said, logprobs


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/inference/v1/generate":
            said, logprobs = SAMPLER.sample(body["model"], body["token_ids"], body["sampling_params"])
            content = [{"token": f"token_id:{t}", "logprob": l} for t, l in zip(said, logprobs)]
            choice = {"index": 0, "token_ids": said, "logprobs": {"content": content}, "finish_reason": "stop"}
            reply = json.dumps({"request_id": "1", "choices": [choice]})
        elif self.path == "/v1/load_lora_adapter":
            SAMPLER.load(body["lora_name"], body["lora_path"])
            reply = "Success: LoRA adapter added successfully."
        elif self.path == "/v1/unload_lora_adapter":
            SAMPLER.unload(body["lora_name"])
            reply = "Success: LoRA adapter removed successfully."
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    SAMPLER = Sampler(sys.argv[1])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()

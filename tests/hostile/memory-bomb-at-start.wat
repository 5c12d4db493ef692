;; Starts with two GiB of memory.
;; world: bank
;; call: load
;; error: NAME is a memory bank that cannot run here: NAME: instantiate exceeded its memory_bytes limit (268435456); fix the component or raise `limits.memory_bytes`
(module
  (memory (export "memory") 32768))

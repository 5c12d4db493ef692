;; Starts with two GiB of memory.
;; world: bank
;; call: load
;; error: NAME is a memory bank that cannot run here: NAME: instantiate exceeded the limit memory_bytes (268435456): mend the component or raise Limits::memory_bytes
(module
  (memory (export "memory") 32768))

;; Returns two million entries.
;; world: bank
;; call: entries
;; error: NAME: entries exceeded its transfer_bytes limit (67108864); fix the component or raise `limits.transfer_bytes`
(module
  (memory (export "memory") 2048)
  (func (export "memloom:agent/bank@0.2.0#entries") (result i32)
    (i32.store (i32.const 2048) (i32.const 4096))
    (i32.store (i32.const 2052) (i32.const 2000000))
    (i32.const 2048)))

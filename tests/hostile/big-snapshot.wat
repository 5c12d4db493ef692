;; Has a state of 200 MB.
;; world: bank
;; call: snapshot
;; error: NAME: snapshot exceeded its transfer_bytes limit (67108864); fix the component or raise `limits.transfer_bytes`
(module
  (memory (export "memory") 4000)
  (func (export "memloom:agent/state@0.2.0#snapshot") (result i32)
    (i32.store (i32.const 2048) (i32.const 4096))
    (i32.store (i32.const 2052) (i32.const 200000000))
    (i32.const 2048)))

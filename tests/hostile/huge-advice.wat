;; Advises an action of 100 MB.
;; world: environment
;; call: advise
;; error: NAME: advise exceeded its transfer_bytes limit (67108864); fix the component or raise `limits.transfer_bytes`
(module
  (memory (export "memory") 2048)
  (func (export "memloom:agent/environment@0.2.0#advise") (param i32 i32 i64) (result i32)
    (i32.store (i32.const 2052) (i32.const 4096))
    (i32.store (i32.const 2056) (i32.const 100000000))
    (i32.const 2048)))

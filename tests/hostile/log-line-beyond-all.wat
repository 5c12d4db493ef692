;; Logs a line of 100 MB.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its transfer_bytes limit (67108864); fix the component or raise `limits.transfer_bytes`
(module
  (import "memloom:agent/log@0.2.0" "write" (func $write (param i32 i32 i32)))
  (memory (export "memory") 2000)
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (call $write (i32.const 0) (i32.const 0) (i32.const 100000000))))

;; Logs without end.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its host_calls limit (100000); fix the component or raise `limits.host_calls`
(module
  (import "memloom:agent/log@0.2.0" "write" (func $write (param i32 i32 i32)))
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop
        (call $write (i32.const 0) (i32.const 3000) (i32.const 100))
        (br 0))))

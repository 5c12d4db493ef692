;; Logs lines of 60 MB without end.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its host_bytes limit (268435456); fix the component or raise `limits.host_bytes`
(module
  (import "memloom:agent/log@0.2.0" "write" (func $write (param i32 i32 i32)))
  (memory (export "memory") 1000)
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop
        (call $write (i32.const 0) (i32.const 0) (i32.const 60000000))
        (br 0))))

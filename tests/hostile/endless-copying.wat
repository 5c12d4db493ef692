;; Fills memory from end to end, over and over: few instructions, much
;; work.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its fuel limit (200000000); fix the component or raise `limits.fuel`
(module
  (memory (export "memory") 2048)
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 134217728))
        (br 0))))

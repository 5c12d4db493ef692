;; Grows memory by nothing, over and over: each time a call into the host's
;; own code.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its fuel limit (200000000); fix the component or raise `limits.fuel`
(module
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop
        (drop (memory.grow (i32.const 0)))
        (br 0))))

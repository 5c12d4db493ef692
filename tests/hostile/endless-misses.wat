;; Reads memory in an order that no cache can foresee.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its fuel limit (200000000); fix the component or raise `limits.fuel`
(module
  (memory (export "memory") 4000)
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (local $at i32)
    (loop
        (local.set $at (i32.and (i32.const 0xfffff8)
            (i32.add (i32.load (local.get $at))
                (i32.add (i32.mul (local.get $at) (i32.const 1664525)) (i32.const 1013904223)))))
        (br 0))))

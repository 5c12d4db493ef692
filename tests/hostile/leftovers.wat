;; Looks for what another instance has left in memory, then fills it with
;; secrets; the second instance of the two is in the shell of the first.
;; world: bank
;; call: end-session twice
;; error: none
(module
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (local $at i32)
    (local.set $at (i32.const 65600))
    (loop
        (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (unreachable)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if 0 (i32.lt_u (local.get $at) (i32.const 131072))))
    (memory.fill (i32.const 65600) (i32.const 83) (i32.const 65472))))

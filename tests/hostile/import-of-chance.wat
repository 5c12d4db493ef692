;; Wants randomness of WASI.
;; world: none
;; call: load
;; error: NAME is a memory bank that cannot run here: it imports wasi:random/random@0.2.0; a memory bank may import only memloom:agent/types@0.2.0, memloom:agent/log@0.2.0
(component
  (import "wasi:random/random@0.2.0" (instance))
  (instance $i)
  (export "memloom:agent/bank@0.2.0" (instance $i))
  (export "memloom:agent/state@0.2.0" (instance $i)))

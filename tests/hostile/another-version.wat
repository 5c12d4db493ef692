;; A bank of a contract to come.
;; world: none
;; call: load
;; error: NAME is not a memory bank: it exports memloom:agent/bank@0.3.0, but this memloom runs versions 0.2.0 and 0.1.0
(component
  (instance $i)
  (export "memloom:agent/bank@0.3.0" (instance $i)))

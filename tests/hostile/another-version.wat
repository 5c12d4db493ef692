;; A bank of a contract to come.
;; world: none
;; call: load
;; error: NAME is not a memory bank: it exports memloom:agent/bank@0.2.0, but this memloom calls memloom:agent/bank@0.1.0
(component
  (instance $i)
  (export "memloom:agent/bank@0.2.0" (instance $i)))

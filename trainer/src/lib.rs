//! memloom-trainer

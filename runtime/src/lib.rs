//! memloom-runtime

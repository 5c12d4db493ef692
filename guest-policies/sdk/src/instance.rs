//! Access to the one value of a component instance from its exported functions, which
//! have no receiver.

use std::marker::PhantomData;

/// The value of a component instance, which the export macros store.
pub trait Instance: Sized + 'static {
    /// Runs a function on the value. Calls do not nest: a component is never re-entered.
    fn with<R>(use_it: impl FnOnce(&mut Self) -> R) -> R;
}

/// The type with the exported functions of a component of `T`.
pub struct Served<T>(PhantomData<T>);

/// Stores a `$kind` as the instance's value. Part of the export macros.
#[doc(hidden)]
#[macro_export]
macro_rules! keep_instance {
    ($kind:ty) => {
        ::std::thread_local! {
            static VALUE: ::std::cell::RefCell<$kind> =
                ::std::cell::RefCell::new(<$kind as ::std::default::Default>::default());
        }

        impl $crate::Instance for $kind {
            fn with<R>(use_it: impl FnOnce(&mut Self) -> R) -> R {
                VALUE.with_borrow_mut(use_it)
            }
        }
    };
}

//! The one value a component instance holds, and the way from exported
//! functions, which have no receiver, to it.

use std::marker::PhantomData;

/// A component's value, kept by the export macros.
pub trait Instance: Sized + 'static {
    /// Lends the value. Calls do not nest: a component is never re-entered.
    fn with<R>(use_it: impl FnOnce(&mut Self) -> R) -> R;
}

/// The type whose associated functions a component exports for its `T`.
pub struct Served<T>(PhantomData<T>);

/// Keeps a `$kind` as the instance's value. Part of the export macros.
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

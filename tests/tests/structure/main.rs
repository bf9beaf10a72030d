//! The structure of the workspace, held by tests: settings, layers, what must not exist, sizes.

mod layers;
mod logs;
mod settings;
mod sizes;
mod source;
mod unwanted;

//! The place of a path among the folders of the build machine.

use super::spelling::{
    FOLDERS, below, from_project_folder, is_absolute, is_engine, is_generated, starts_in,
};
use crate::remote::{BuildMachine, RemoteProject};

impl BuildMachine {
    /// The projects. The latest is first.
    pub fn latest_projects(&self) -> impl Iterator<Item = &RemoteProject> {
        self.projects.iter().rev()
    }

    /// The project's folder within what was cloned, ending in `/` if it is not all of it.
    pub fn in_clone(&self, project: &RemoteProject) -> Option<String> {
        let inside = below(self.clone.as_deref()?, project.folder.as_deref()?)?;
        Some(format!("{inside}/"))
    }

    /// The path from the folder of its project, if it is certain that people write the file. Tools make other files in
    /// the same folders.
    pub fn inside_project<'p>(&self, path: &'p str) -> Option<&'p str> {
        let inside = if is_absolute(path) {
            let mut known =
                self.latest_projects().filter(|project| project.folder.is_some()).peekable();
            match known.peek() {
                Some(_) => known
                    .filter_map(|project| project.holds(path))
                    .min_by_key(|inside| inside.len())
                    .filter(|inside| !is_engine(inside))
                    .filter(|_| {
                        self.engine.as_deref().and_then(|engine| below(engine, path)).is_none()
                    }),
                None => from_project_folder(path),
            }
        } else {
            starts_in(&FOLDERS, path).then_some(path)
        };
        // A name with a colon is the beginning of another path.
        inside.filter(|inside| !is_generated(inside) && !inside.contains(':'))
    }
}

impl RemoteProject {
    /// The path from the project's folder, if it is below that.
    pub fn holds<'p>(&self, path: &'p str) -> Option<&'p str> {
        below(self.folder.as_deref()?, path)
    }
}

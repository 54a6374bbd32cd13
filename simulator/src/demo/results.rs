//! The files that a step leaves behind: copied to a folder where people can look at them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use simulator::ci::Ci;

/// Copies them from the workspace to the folder, and returns their names and places.
pub(crate) fn keep(
    ci: Ci,
    workspace: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    match fs::remove_dir_all(folder) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => {
            return Err(why).with_context(|| format!("cannot remove {}", folder.display()));
        }
        _ => {}
    }
    let mut kept = Vec::new();
    for (name, path) in ci.results() {
        let from = workspace.join(&path);
        // Folders of the runner have no meaning here.
        let to = folder.join(path.trim_start_matches(".runner/"));
        if copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))? {
            kept.push((name, to));
        }
    }
    Ok(kept)
}

/// Copies a file, or the files of a folder. Returns whether there was one that is not empty.
fn copy(from: &Path, to: &Path) -> io::Result<bool> {
    if from.is_dir() {
        let mut has_files = false;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            has_files |= copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(has_files);
    }
    if fs::metadata(from).map_or(0, |file| file.len()) == 0 {
        return Ok(false);
    }
    to.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::copy(from, to)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_step_are_copied_and_those_of_an_earlier_demo_are_gone() {
        let (workspace, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = target.path().join("demo");
        let reports = workspace.path().join("buildpixel-reports");
        fs::create_dir(&reports).unwrap();
        fs::write(reports.join("summary.md"), "# s").unwrap();
        fs::write(reports.join("empty"), "").unwrap();
        let kept = keep(Ci::GitLab, workspace.path(), &folder).unwrap();
        let there = folder.join("buildpixel-reports");
        assert_eq!(kept, [("summary page", there.join("summary.md")), ("reports", there.clone())]);
        assert_eq!(fs::read_to_string(there.join("summary.md")).unwrap(), "# s");

        fs::create_dir(workspace.path().join(".runner")).unwrap();
        fs::write(workspace.path().join(".runner/outputs"), "a=1").unwrap();
        fs::write(workspace.path().join(".runner/summary.md"), "").unwrap();
        let kept = keep(Ci::GitHub, workspace.path(), &folder).unwrap();
        assert_eq!(kept, [("outputs", folder.join("outputs"))]);
        assert!(!there.exists());
    }
}

// Package durable writes files that a power cut neither tears nor takes away.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Write gives a file its content and mode, whatever the umask. Who looks at path
// meanwhile, also after a power cut, sees what was there before or all of the
// content; once Write has returned nil it is the content. A process that is
// killed may leave a file behind whose name begins with a dot.
func Write(path string, content []byte, mode fs.FileMode) error {
	dir, base := filepath.Split(path)
	f, err := os.CreateTemp(filepath.Clean(dir), "."+base+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return Dir(filepath.Dir(path))
}

// MakeDir makes a directory where there is none, and what is missing above it.
func MakeDir(path string, mode fs.FileMode) error {
	parent := filepath.Dir(path)
	err := os.Mkdir(path, mode)
	if errors.Is(err, fs.ErrNotExist) && parent != path {
		if err := MakeDir(parent, mode); err != nil {
			return err
		}
		err = os.Mkdir(path, mode)
	}
	switch {
	case err == nil:
		return Dir(parent)
	case errors.Is(err, fs.ErrExist):
		if info, there := os.Stat(path); there == nil && info.IsDir() {
			return nil
		}
	}
	return err
}

// Dir makes the names in a directory durable.
func Dir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/internal/durable"
)

// The modes of what is written: those who share a group with the daemon may
// read it.
const (
	fileMode      = 0o640
	directoryMode = 0o750
)

// A directoryBody is what is stored of an edition for a directory.
type directoryBody struct{ Markdown, HTML string }

// Directory is where editions are written to, each as a Markdown and an HTML
// file. One that is there already stays as it is.
func Directory(path string) Place {
	return Place{Name: "directory", Encode: encodeDirectory, Sender: directory(path)}
}

func encodeDirectory(b *brief.Brief) ([]byte, error) {
	page, err := b.HTML()
	if err != nil {
		return nil, err
	}
	return json.Marshal(directoryBody{b.Markdown(), string(page)})
}

type directory string

// path names a file of an edition: "weekly-2026-W14.md".
func (d directory) path(edition, suffix string) string {
	return filepath.Join(string(d), strings.ReplaceAll(edition, "/", "-")+suffix)
}

// Send writes the Markdown file last: it tells that the edition is complete.
func (d directory) Send(_ context.Context, edition string, body []byte) (string, error) {
	var files directoryBody
	err := json.Unmarshal(body, &files)
	if err == nil {
		err = durable.MakeDir(string(d), directoryMode)
	}
	if err == nil {
		err = durable.Write(d.path(edition, ".html"), []byte(files.HTML), fileMode)
	}
	if err == nil {
		err = durable.Write(d.path(edition, ".md"), []byte(files.Markdown), fileMode)
	}
	if err != nil {
		return "", &SendError{Err: fmt.Errorf("write edition %s: %w", edition, err)}
	}
	return filepath.Base(d.path(edition, ".md")), nil
}

func (d directory) Find(_ context.Context, edition string, _ time.Time) (string, error) {
	path := d.path(edition, ".md")
	switch _, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look for edition %s: %w", edition, err)
	}
	return filepath.Base(path), nil
}

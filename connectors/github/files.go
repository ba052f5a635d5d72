package github

import (
	"context"
	"net/http"
)

// maxFiles bounds how many paths of one change are read.
const maxFiles = 1000

type wireFile struct {
	Path string `json:"filename"`
}

func (w *wireFile) valid() error {
	if w.Path == "" {
		return invalidError("filename is missing")
	}
	return nil
}

// restFiles reads the paths of the change at an address, maxFiles at most. A
// server that does not list them is taken to have none to tell.
func (a *api) restFiles(ctx context.Context, change string) ([]string, error) {
	var paths []string
	address := change + "/files?per_page=100"
	for address != "" && len(paths) < maxFiles {
		rep, err := a.get(ctx, address, validator{})
		if err != nil {
			return nil, err
		}
		if rep.status == http.StatusNotFound {
			return paths, nil
		}
		if err := rep.checkJSON(); err != nil {
			return nil, statusOrDecode(rep, err)
		}
		good, bad, err := decodeArray(rep.body, (*wireFile).valid)
		if err == nil && len(bad) > 0 {
			err = invalidError("a file " + bad[0].why)
		}
		if err != nil {
			return nil, decodeError(rep, err)
		}
		for i := range good {
			paths = append(paths, good[i].Path)
		}
		address = rep.next
	}
	return paths[:min(len(paths), maxFiles)], nil
}

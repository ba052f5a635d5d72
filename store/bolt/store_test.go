package bolt

import (
	"path/filepath"
	"testing"

	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB, dir string) store.Store {
		db, err := Open(t.Context(), filepath.Join(dir, "test.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}

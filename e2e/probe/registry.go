package main

import (
	"errors"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// runRegistry is a registry in which every name is the same image: registry ADDRESS DIRECTORY. The directory holds the
// manifest and, in blobs, its parts by digest. There is no way to push.
func runRegistry(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: probe registry ADDRESS DIRECTORY")
	}
	root, err := os.OpenRoot(args[1])
	if err != nil {
		return err
	}
	return http.ListenAndServe(args[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file := ""
		switch kind := path.Base(path.Dir(r.URL.Path)); {
		case kind == "manifests":
			file = "manifest"
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		case kind == "blobs":
			file = filepath.Join("blobs", strings.TrimPrefix(path.Base(r.URL.Path), "sha256:"))
			w.Header().Set("Content-Type", "application/octet-stream")
		default:
			w.WriteHeader(http.StatusOK)
			return
		}
		data, err := root.ReadFile(file)
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Write(data)
	}))
}

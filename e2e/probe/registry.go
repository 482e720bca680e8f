//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// runRegistry is a registry in which every name is the same image: registry ADDRESS DIRECTORY. The directory holds the
// manifest and, in blobs, its parts by digest; in logins it may hold what the registries whose place it takes ask for: a JSON
// object from the beginning of a name, such as "ghcr.io/example/", to the header of a request. There is no way to push.
func runRegistry(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: probe registry ADDRESS DIRECTORY")
	}
	root, err := os.OpenRoot(args[1])
	if err != nil {
		return err
	}
	return http.ListenAndServe(args[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// containerd names the host that it means to a mirror.
		name := r.URL.Query().Get("ns") + strings.TrimPrefix(r.URL.Path, "/v2")
		for place, login := range logins(root) {
			if strings.HasPrefix(name, place) && r.Header.Get("Authorization") != login {
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
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

// logins are read each time: the test writes them when it knows them.
func logins(root *os.Root) map[string]string {
	var all map[string]string
	if text, err := root.ReadFile("logins"); err == nil {
		json.Unmarshal(text, &all)
	}
	return all
}

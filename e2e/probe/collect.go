//go:build linux

package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
)

// runCollect receives audit records: collect ADDRESS CERTIFICATE KEY TOKEN FILE. It appends what is posted with the
// bearer token to the file, and refuses the rest.
func runCollect(args []string) error {
	if len(args) != 5 {
		return errors.New("usage: probe collect ADDRESS CERTIFICATE KEY TOKEN FILE")
	}
	f, err := os.OpenFile(args[4], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+args[3] {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if _, err := io.Copy(f, r.Body); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	return http.ListenAndServeTLS(args[0], args[1], args[2], handler)
}

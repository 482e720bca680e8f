package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// report is what a process sees of its own confinement.
type report struct {
	UID, GID int
	// Status holds the lines of /proc/self/status that say what the kernel lets the process do.
	Status map[string]string
	// RootWritable says whether a file can be made at the root of the file system.
	RootWritable bool
	// Token says whether a credential for the API server is mounted.
	Token bool
	// Environment holds the names of variables.
	Environment []string
}

func look() report {
	r := report{UID: os.Getuid(), GID: os.Getgid(), Status: map[string]string{}}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Groups":
			r.Status[name] = strings.TrimSpace(value)
		}
	}
	if f, err := os.Create("/bartizan-probe"); err == nil {
		r.RootWritable = true
		f.Close()
	}
	_, err := os.Stat("/var/run/secrets/kubernetes.io/serviceaccount/token")
	r.Token = err == nil
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		r.Environment = append(r.Environment, name)
	}
	return r
}

// runReport prints what the process sees.
func runReport([]string) error {
	return json.NewEncoder(os.Stdout).Encode(look())
}

// runServe answers every request with 200 and what the process sees, on the port that PORT names, until it is told to end.
func runServe([]string) error {
	go reap()
	if err := json.NewEncoder(os.Stdout).Encode(look()); err != nil {
		return err
	}
	go func() {
		err := http.ListenAndServe(":"+os.Getenv("PORT"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode(look())
		}))
		fmt.Fprintln(os.Stderr, "probe:", err)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	wait()
	return nil
}

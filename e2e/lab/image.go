package lab

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Image writes an image archive, as "docker save" does, that holds the programs in /usr/local/bin and nothing else but
// the files that name users. The first program is the entry point. The bytes depend on the programs alone.
func Image(w io.Writer, name string, programs ...string) error {
	var layer bytes.Buffer
	t := tar.NewWriter(&layer)
	for _, dir := range []string{"usr", "usr/local", "usr/local/bin", "etc"} {
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}); err != nil {
			return err
		}
	}
	add := func(t *tar.Writer, name string, mode int64, data []byte) error {
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err := t.Write(data)
		return err
	}
	for _, p := range programs {
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if err := add(t, "usr/local/bin/"+filepath.Base(p), 0o755, data); err != nil {
			return err
		}
	}
	if err := add(t, "etc/passwd", 0o644, []byte("root:x:0:0::/:/\nnonroot:x:65532:65532::/:/\n")); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}

	sum := fmt.Sprintf("%x", sha256.Sum256(layer.Bytes()))
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{
			"Entrypoint": []string{"/usr/local/bin/" + filepath.Base(programs[0])},
			"Env":        []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + sum}},
		"history": []map[string]string{{"created_by": "bartizan e2e"}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	for _, f := range []struct {
		name string
		data []byte
	}{{"config.json", config}, {"layer.tar", layer.Bytes()}, {"manifest.json", manifest}} {
		if err := add(archive, f.name, 0o644, f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

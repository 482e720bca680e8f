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
// the file that names users. The first program is the entry point. The bytes depend on the programs alone.
func Image(w io.Writer, name string, programs ...string) error {
	layer, config, err := parts(programs)
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
	}{{"config.json", config}, {"layer.tar", layer}, {"manifest.json", manifest}} {
		if err := add(archive, f.name, 0o644, f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// Blobs are the contents of the same image as a registry keeps them: the manifest, and everything by its digest.
func Blobs(programs ...string) (manifest []byte, blobs map[string][]byte, err error) {
	layer, config, err := parts(programs)
	if err != nil {
		return nil, nil, err
	}
	blobs = map[string][]byte{}
	describe := func(mediaType string, data []byte) map[string]any {
		digest := digest(data)
		blobs[digest] = data
		return map[string]any{"mediaType": mediaType, "digest": digest, "size": len(data)}
	}
	manifest, err = json.Marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     "application/vnd.oci.image.manifest.v1+json",
		"config":        describe("application/vnd.oci.image.config.v1+json", config),
		"layers":        []any{describe("application/vnd.oci.image.layer.v1.tar", layer)},
	})
	return manifest, blobs, err
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// parts are the one layer of an image, and its configuration.
func parts(programs []string) (layer, config []byte, err error) {
	var buffer bytes.Buffer
	t := tar.NewWriter(&buffer)
	for _, dir := range []string{"usr", "usr/local", "usr/local/bin", "etc"} {
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}); err != nil {
			return nil, nil, err
		}
	}
	for _, p := range programs {
		data, err := os.ReadFile(p)
		if err != nil {
			return nil, nil, err
		}
		if err := add(t, "usr/local/bin/"+filepath.Base(p), 0o755, data); err != nil {
			return nil, nil, err
		}
	}
	if err := add(t, "etc/passwd", 0o644, []byte("root:x:0:0::/:/\nnonroot:x:65532:65532::/:/\n")); err != nil {
		return nil, nil, err
	}
	if err := t.Close(); err != nil {
		return nil, nil, err
	}
	config, err = json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{
			"Entrypoint": []string{"/usr/local/bin/" + filepath.Base(programs[0])},
			"Env":        []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest(buffer.Bytes())}},
		"history": []map[string]string{{"created_by": "bartizan e2e"}},
	})
	return buffer.Bytes(), config, err
}

func add(t *tar.Writer, name string, mode int64, data []byte) error {
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := t.Write(data)
	return err
}

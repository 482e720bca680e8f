package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// imagesFile maps the images of a specification, as written, to their digests. The pipeline writes it.
const imagesFile = "images.bartizan.json"

// resolveImages gives images their digests, and lists those of workloads that have none.
func (l *loader) resolveImages() {
	digests := l.readImages()
	unresolved := map[string]hcl.Range{}
	for _, n := range l.of("cluster") {
		if lb := n.object.(*Cluster).API.LoadBalancer; lb != nil {
			l.resolveImage(loadBalancer(n), &lb.Image, digests)
		}
	}
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		for _, c := range slices.Concat(w.Containers, w.InitContainers) {
			if c.Image.Written == "" || c.Image.Registry == nil {
				continue // reported
			}
			b := containerNode(n, c)
			l.resolveImage(b, &c.Image, digests)
			if _, ok := unresolved[c.Image.Written]; !ok && c.Image.Digest == "" {
				unresolved[c.Image.Written] = l.at(b, "image")
			}
		}
	}
	if l.badImages {
		return // reported; how many digests are missing cannot be said
	}
	l.spec.Unresolved = slices.Sorted(maps.Keys(unresolved))
	if list := l.spec.Unresolved; len(list) > 0 {
		shown := strings.Join(list[:min(5, len(list))], ", ")
		if len(list) > 5 {
			shown += fmt.Sprintf(" and %d more", len(list)-5)
		}
		l.warnf(unresolved[list[0]], "Unresolved images", "%s in %s: %s. A tag can be moved to other content, so generate refuses them without --unresolved-images. Let the pipeline write lines such as %q: \"sha256:…\" there, or write the digest after the tag: %s@sha256:….", plural(len(list), "image has no digest", "images have no digest"), imagesFile, shown, list[0], list[0])
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// containerNode is the block in which the container's image stands: the workload's own, or one of its containers'.
func containerNode(n *node, c *Container) *node {
	if n.name() != c.Name {
		for _, x := range slices.Concat(n.all("container"), n.all("init_container")) {
			if len(x.labels) == 1 && x.labels[0] == c.Name {
				return x
			}
		}
	}
	return n
}

// resolveImage gives an image its digest, unless none is known.
func (l *loader) resolveImage(b *node, i *Image, digests map[string]string) {
	switch digest := digests[i.Written]; {
	case i.Digest == "":
		i.Digest = digest
	case digest != "" && digest != i.Digest:
		l.errorf(l.at(b, "image"), "Two digests", "%s says %s for this image. Leave the digest out here.", imagesFile, digest)
	}
}

// readImages reads the map of digests. The file may be missing; if it is there, it must be exact.
func (l *loader) readImages() map[string]string {
	name := filepath.Join(l.dir, imagesFile)
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if text, ok := l.readBeside(name); ok {
		return l.parseImages(name, text)
	}
	l.badImages = true
	return nil
}

func (l *loader) parseImages(name string, text []byte) map[string]string {
	s := newSource(text, nil)
	l.loaded.sources[name] = s
	dec := json.NewDecoder(bytes.NewReader(text))
	fail := func(format string, args ...any) map[string]string {
		l.badImages = true
		l.errorf(s.position(name, int(dec.InputOffset())), "Invalid "+imagesFile, "%s", fmt.Sprintf(format, args...)+" The file is an object of images and digests: { \"registry.example.com/shop/cart:v1.4.2\": \"sha256:…\" }.")
		return nil
	}
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fail("It does not start with {.")
	}
	digests := map[string]string{}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return fail("%s", tokenError(err))
		}
		image, _ := k.(string)
		at := dec.InputOffset()
		v, err := dec.Token()
		if err != nil {
			return fail("%s", tokenError(err))
		}
		digest, ok := v.(string)
		for int(at) < len(text) && strings.ContainsRune(" \t\r\n:", rune(text[at])) {
			at++
		}
		place := s.position(name, int(at))
		switch _, known := digests[image]; {
		case !ok || !imageDigest.MatchString(digest):
			l.badImages = true
			l.errorf(place, "Invalid digest", "The value of %q is not \"sha256:\" and 64 hexadecimal digits.", image)
		case known:
			l.errorf(place, "Duplicate image", "%q stands twice.", image)
		default:
			if _, p := parseImage(image); p != nil {
				l.problem(place, p)
			}
		}
		digests[image] = digest
		if !ok { // an object or a list would shift what follows
			return digests
		}
	}
	if _, err := dec.Token(); err != nil {
		return fail("%s", tokenError(err))
	}
	if _, err := dec.Token(); err != io.EOF {
		return fail("Something follows the closing }.")
	}
	return digests
}

func tokenError(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "It ends too early."
	}
	return capital(err.Error()) + "."
}

// position returns the place of a byte offset, up to the end of its line.
func (s *source) position(name string, offset int) hcl.Range {
	line, _ := slices.BinarySearch(s.lines, offset+1)
	start := s.lines[line-1]
	end := start + len(s.line(line))
	offset = min(offset, end)
	return hcl.Range{
		Filename: name,
		Start:    hcl.Pos{Line: line, Column: offset - start + 1, Byte: offset},
		End:      hcl.Pos{Line: line, Column: end - start + 1, Byte: end},
	}
}

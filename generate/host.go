package generate

import (
	"fmt"
	"path"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// hostFile is one file of a machine. The artifact is the only truth: cloud-init.yaml embeds its bytes and install.sh
// copies it.
type hostFile struct {
	Name     string // of the artifact, in the machine's directory of the tree
	Target   string // absolute path on the machine
	Mode     string // octal: "0600"
	Doc      string
	Template string
	Data     any
	Controls []model.Claim // Path is filled in
}

// host is a machine, or a set of machines that are configured alike.
type host struct {
	Dir      string // directory of the tree
	Where    string // for READMEs: "each node of pool general"
	Packages []string
	Files    []hostFile
	Setup    string // absolute path of the script that puts the files into effect
}

// cloudConfig is the user data of cloud-init that we write. Fields as in cloud-init's schema "cloud-config".
type cloudConfig struct {
	DisableRoot   bool        `json:"disable_root"`
	PackageUpdate bool        `json:"package_update"`
	Packages      []string    `json:"packages"`
	RunCmd        [][]string  `json:"runcmd"`
	SSHPwAuth     bool        `json:"ssh_pwauth"`
	WriteFiles    []writeFile `json:"write_files"`
}

type writeFile struct {
	Content     string `json:"content"`
	Owner       string `json:"owner"`
	Path        string `json:"path"`
	Permissions string `json:"permissions"`
}

// host writes the files of a machine, its cloud-init user data and the script for those who have no cloud-init.
func (p *Pass) host(h host) error {
	config := cloudConfig{
		DisableRoot:   true,
		PackageUpdate: true,
		Packages:      h.Packages,
		RunCmd:        [][]string{{h.Setup}},
	}
	for _, f := range h.Files {
		data, err := templates.Render(f.Template, f.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		name := path.Join(h.Dir, f.Name)
		a := Artifact{Path: name, Data: data, Doc: f.Doc, Where: h.Where + ": " + f.Target}
		if strings.HasSuffix(f.Name, ".sh") {
			a.Mode = 0o755
		}
		p.File(a)
		config.WriteFiles = append(config.WriteFiles, writeFile{
			Content: string(data), Owner: "root:root", Path: f.Target, Permissions: f.Mode,
		})
		for _, c := range f.Controls {
			p.Claim(c.Control, c.Subject, name)
		}
	}
	data, err := YAML(config)
	if err != nil {
		return err
	}
	p.File(Artifact{
		Path:  path.Join(h.Dir, "cloud-init.yaml"),
		Data:  append([]byte("#cloud-config\n"), data...),
		Doc:   "Everything in this directory as user data for cloud-init.",
		Where: h.Where + ", at first boot",
	})
	data, err = templates.Render("install.tmpl", h)
	if err != nil {
		return err
	}
	p.File(Artifact{
		Path:  path.Join(h.Dir, "install.sh"),
		Mode:  0o755,
		Data:  data,
		Doc:   "The same without cloud-init: packages, files, then the setup script.",
		Where: h.Where + ", as root, once and after each change",
	})
	return nil
}

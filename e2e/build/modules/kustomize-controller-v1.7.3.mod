module example.invalid/kustomize-controller

go 1.26.0

require github.com/fluxcd/kustomize-controller v1.7.3

#!/bin/sh
# Says where to look after `make run`.
run=$(ls -td runs/vae-mnist/version_* 2>/dev/null | head -1)
[ -n "$run" ] || exit 0
cat <<TEXT

Look at
  $run/images/            digits, original beside reconstruction, and samples
  $run/metrics.csv        losses
  tensorboard --logdir runs      curves and pictures (pip install tensorboard)
Try
  bin/gotrain predict configs/vae-mnist.yaml --output sample --n 64 --grid samples.png
  bin/gotrain test configs/vae-mnist.yaml
TEXT

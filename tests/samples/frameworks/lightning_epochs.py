"""A training with Lightning, which autologging logs by epochs: python lightning_epochs.py."""

import lightning
import mlflow
import torch
from forked import parent_has
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class Line(lightning.LightningModule):
    """A linear model."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 1)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        loss = nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        self.log("val_loss", nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


mlflow.pytorch.autolog(log_models=False, checkpoint=False)
lightning.seed_everything(0)
X = torch.rand(64, 4)
data = TensorDataset(X, X.sum(dim=1, keepdim=True))
trainer = lightning.Trainer(
    accelerator="cpu", max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False
)
with mlflow.start_run():
    trainer.fit(Line(), DataLoader(data, batch_size=16, shuffle=True), DataLoader(data, batch_size=64))
    mlflow.log_metric("cold", not parent_has("libtorch"))

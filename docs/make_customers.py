"""Draw the table of customers of the ten-minute tour: python docs/make_customers.py [FILE]."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

N_CUSTOMERS = 2000


def draw_customers(seed=0):
    rng = np.random.default_rng(seed)
    tenure = rng.integers(1, 73, N_CUSTOMERS)
    fee = np.round(rng.uniform(15, 95, N_CUSTOMERS), 2)
    calls = rng.poisson(1.5, N_CUSTOMERS)
    logins = rng.poisson(12, N_CUSTOMERS)
    contract = rng.choice(["monthly", "yearly", "two years"], N_CUSTOMERS, p=[0.5, 0.3, 0.2])
    payment = rng.choice(["card", "invoice", "direct debit"], N_CUSTOMERS)
    region = rng.choice(["north", "east", "south", "west"], N_CUSTOMERS)
    monthly = contract == "monthly"
    pull = (
        1.8 * monthly
        - 0.05 * (tenure - 36)
        + 0.03 * (fee - 55) * monthly
        + 0.9 * (calls - 1.5) * (logins < 13)
        - 0.12 * (logins - 12)
        + 0.5 * (payment == "invoice")
        - 1.6
    )
    churned = rng.random(N_CUSTOMERS) < 1 / (1 + np.exp(-1.3 * pull))
    frame = pd.DataFrame(
        {
            "customer_id": rng.permutation(np.arange(10_000, 10_000 + N_CUSTOMERS)),
            "tenure_months": tenure,
            "monthly_fee": fee,
            "support_calls": calls,
            "logins": logins.astype(float),
            "contract": contract,
            "payment": payment,
            "region": region,
            "churned": np.where(churned, "yes", "no"),
        }
    )
    frame.loc[rng.random(N_CUSTOMERS) < 0.05, "logins"] = np.nan
    frame.loc[rng.random(N_CUSTOMERS) < 0.03, "region"] = None
    return frame


def write_customers(file):
    draw_customers().to_csv(file, index=False, lineterminator="\n")


if __name__ == "__main__":
    write_customers(
        sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("customers.csv")
    )

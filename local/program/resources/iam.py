"""Makes roles and policies."""

from local.program.resources.creation import Cloud, Created, Inputs, physical_name


def _role(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    role_name = physical_name(name, inputs)
    role = cloud.client("iam").create_role(RoleName=role_name, AssumeRolePolicyDocument=inputs["assumeRolePolicy"])[
        "Role"
    ]
    return role_name, {"arn": role["Arn"], "name": role_name}


def _policy(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    policy_name = physical_name(name, inputs)
    policy = cloud.client("iam").create_policy(PolicyName=policy_name, PolicyDocument=inputs["policy"])["Policy"]
    return policy["Arn"], {"arn": policy["Arn"], "name": policy_name}


def _role_policy(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    policy_name = physical_name(name, inputs)
    cloud.client("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=policy_name, PolicyDocument=inputs["policy"]
    )
    return f"{inputs['role']}:{policy_name}", {"name": policy_name}


def _role_policy_attachment(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    cloud.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return f"{inputs['role']}-{inputs['policyArn']}", {}


CREATORS = {
    "aws:iam/policy:Policy": _policy,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _role_policy_attachment,
}
